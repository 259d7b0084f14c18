"""Why the line has given this contact to him, or to nobody yet: codes and figures, no prose."""
