"""The parts that pages are made of; a widget knows no page and no agent."""
