"""The signed message of a launch: read strictly, checked, put into our words."""
