"""The programs that run inside the containers of jobs."""
