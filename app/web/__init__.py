"""The browser's side of the kernel: sessions, forms, headers, error pages, the shell."""
