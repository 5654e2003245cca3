"""The goals of speed, each as a ratio to a plain script that does the same work in the same run."""
