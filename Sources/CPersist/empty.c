int cpersist_placeholder;
