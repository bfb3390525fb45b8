#!/bin/sh
# CleverHans 4.0.0, fast_gradient_method and projected_gradient_descent (PyTorch) with norm=2: one
# expects an L2 step to be as long as asked, ε or the step size, whatever the length of the gradient.
# It is not where the network is sure: the squared length of the gradient is raised to 1e-12 before
# the gradient is divided by it, so a gradient shorter than 1e-6 gives a step shorter than asked.
# The gradient of the cross entropy is that short where the probability of the label is above about
# 1 − 1e-6, as it is for most digits that a trained network reads.
# No warning is given, and such inputs look robust. With norm=inf nothing is lost: the sign is taken.
#
# Seen (linear model, two classes, ε = 0.5):
#   p = 0.9975274   length of the step 0.500
#   p = 0.9999999   length of the step 0.164
#   p = 1.0000000   length of the step 0.029
# Fails if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet torch==2.13.0 numpy==2.4.6
env/bin/python -m pip install --quiet --no-deps cleverhans==4.0.0 # its torch half needs these two alone

cat > look.py <<'PY'
import torch
from cleverhans.torch.attacks.fast_gradient_method import fast_gradient_method

weights = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])
model = lambda x: x @ weights.T
lengths = []
for logit in (3.0, 8.0, 8.5):
    x = torch.full((1, 2), logit / 2)
    attacked = fast_gradient_method(model, x, 0.5, 2)
    lengths.append((attacked - x).norm().item())
    print(f"p = {model(x).softmax(1)[0, 0]:.7f}   length of the step {lengths[-1]:.3f}")
assert abs(lengths[0] - 0.5) < 1e-4 and 0.1 < lengths[1] < 0.25 and 0.01 < lengths[2] < 0.05, lengths
# The direction that is asked for has a length to be had: the same gradient in float64.
x = torch.full((1, 2), 8.5 / 2, dtype=torch.float64, requires_grad=True)
loss = torch.nn.functional.cross_entropy(x @ weights.T.double(), torch.tensor([0]))
(gradient,) = torch.autograd.grad(loss, x)
print(f"length of that gradient in float64 {gradient.norm():.1e}")
assert 1e-9 < gradient.norm() < 1e-6
PY
env/bin/python look.py
env/bin/python -c 'from importlib.metadata import version as v; print("cleverhans", v("cleverhans"), "torch", v("torch"), ": as described")'
