"""What runs in processes of its own; each module prints what it finds as JSON, a line a fact."""
