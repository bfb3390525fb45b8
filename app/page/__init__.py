"""What every lab page is put together from."""
