"""The agent's control address: messages, server side, client side."""
