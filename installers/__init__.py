"""What is handed out of Lockstep, and what it is made of; nothing of it runs in an installation."""
