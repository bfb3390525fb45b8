"""What every method is made of: declarations of knobs, the interface Method, frames, snapshots,
random streams, shipped files. Imports nothing of the engine's other folders.
"""
