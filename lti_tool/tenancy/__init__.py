"""Who arrived, from which LMS and tenant, in which role. Standard library only."""
