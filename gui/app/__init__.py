"""The console as a program: its window, what it remembers, how it starts; it decides nothing about the appliance."""
