"""What programs send to the endpoints and get from them: parameters, replies, errors with codes.

In: values as gradio hands them over. Out: checked values, or a UserError; types that the reference reads.
Open `received` first; `coded` puts the code of an error where plain HTTP finds it.
"""
