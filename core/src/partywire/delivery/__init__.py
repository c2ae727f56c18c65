"""The room without I/O: the delivery contract as plain classes.

They take bytes, messages and the time, and return what to do. No async, no clock, no logging, no
randomness: an architecture test reads the imports of this folder and keeps the door shut.
"""
