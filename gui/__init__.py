"""The desktop console; its one door to the appliance is ``gui.client``."""
