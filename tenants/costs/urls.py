"""Addresses of this app, collected by portal.urls; none yet."""
