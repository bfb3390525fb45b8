"""Where live runs are: in this process, or in processes of their own, one a core."""
