"""What every method is made of: declarations, the contract, frames, snapshots, streams, shipped
files.
"""
