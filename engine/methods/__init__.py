"""The methods, one folder a lab. Importing this package registers them all.

Where to start reading: vat/vat.py, gan/plane.py, aae/aae.py, arae/arae.py, attacks/photos.py,
training/plane.py. No lab imports another lab.
"""

# The command line lists the methods in this order.
# isort: off
import engine.methods.aae.aae
import engine.methods.aae.semi_supervised
import engine.methods.aae.supervised
import engine.methods.arae.arae
import engine.methods.arae.digits
import engine.methods.arae.three_priors
import engine.methods.attacks.photos
import engine.methods.attacks.digits
import engine.methods.arae.cross_ae
import engine.methods.gan.plane
import engine.methods.gan.digits
import engine.methods.training.plane
import engine.methods.training.digits
import engine.methods.vat.vat
