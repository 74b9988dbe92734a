"""What goes to and from an LMS by HTTP, read with care."""
