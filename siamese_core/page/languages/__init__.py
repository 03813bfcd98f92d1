"""Say the page's words in the reader's language.

In: English texts, a request. Out: the same texts in English, Chinese or Korean; a text without a translation
stays English. The translations are in `assets/web/languages`, a file a language, by the English text.
Open `words` first; `chosen` tells which language a request wants; `marks` translates what is built before
any request.
"""
