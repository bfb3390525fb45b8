"""Every algorithm, one file each. Importing this package registers them."""

from engine.methods import aae as aae
from engine.methods import aae_semi as aae_semi
from engine.methods import aae_supervised as aae_supervised
from engine.methods import arae as arae
from engine.methods import arae_digits as arae_digits
from engine.methods import arae_three as arae_three
from engine.methods import attack as attack
from engine.methods import attack_digits as attack_digits
from engine.methods import cross_ae as cross_ae
from engine.methods import gan as gan
from engine.methods import gan_digits as gan_digits
from engine.methods import training as training
from engine.methods import training_digits as training_digits
from engine.methods import vat as vat
