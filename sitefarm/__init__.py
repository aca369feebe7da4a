"""The replica internet: hosts with invented institutions, and the truth about what they say.

`world.build` makes everything from a seed, `serve.run` puts it on loopback addresses, `score.score`
compares a product's output with the truth. Nothing here imports the product.
"""
