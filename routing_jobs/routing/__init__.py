"""PLACE"""
