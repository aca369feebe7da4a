"""The web console: Chinese, server-rendered, usable without scripts and without the internet."""
