"""The live channel: runs that stream their frames to the browser."""
