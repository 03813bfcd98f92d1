"""The Compare tab: two images, what both encoders say of them, a person's answer.

In: two images. Out: a card for each encoder with similarity, threshold and verdict; an answer in the log.
Open `tab` first; `board` draws the cards.
"""
