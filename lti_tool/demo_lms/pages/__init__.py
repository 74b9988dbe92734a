"""What people see in a browser: course, gradebook, administration."""
