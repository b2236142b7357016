"""The programs that main-job and startup run, each in a process of its own."""
