"""Personal data: found, counted, masked."""
