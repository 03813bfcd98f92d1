"""The Compare tab: two images, what both encoders say, a person's answer."""
