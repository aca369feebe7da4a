"""Words and QR codes in pictures. Bytes of strangers are opened in a child process only."""
