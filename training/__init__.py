"""What fits the weights that ship: run as `python -m training.NAME`."""
