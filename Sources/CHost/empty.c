int chost_placeholder;
