"""What the browser loads, made small: compressed once, bundled, and named by its content."""
