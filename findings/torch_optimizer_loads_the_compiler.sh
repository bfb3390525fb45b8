#!/bin/sh
# torch 2.13.0: the first optimiser of torch.optim imports torch's compiler (torch._dynamo), though
# nothing is compiled and torch.compile is never called. In a plain program, with no gradient step
# taken, that is some 800 further modules, about 70 MB of memory that stays, and a second or more.
#
# One expects torch._dynamo to be loaded by torch.compile alone, as `import torch` takes care to do:
# after a forward and a backward pass of a network it is not there yet. The reason is a decorator on
# Optimizer.add_param_group that imports the compiler in order to exclude that function from it.
#
# The kernels (torch._fused_adam_, torch._fused_sgd_) do without it.
#
# Seen: "after a backward pass: False", "after torch.optim.SGD(...): True", "after the kernel alone:
# False", and more than 30 MB between the two. Fails if that changes. Needs Python 3.11+.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet torch==2.13.0 numpy==2.4.6

cat > look.py <<'PY'
import sys

import torch


def memory():
    """Resident memory in MB."""
    with open("/proc/self/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


loaded = lambda: "torch._dynamo" in sys.modules
net = torch.nn.Linear(3, 2)
net(torch.randn(5, 3)).square().mean().backward()
print("after a backward pass:", loaded())
assert not loaded()
before, modules = memory(), len(sys.modules)
if sys.argv[1] == "class":
    torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    print("after torch.optim.SGD(...):", loaded())
    assert loaded()
    print(f"{len(sys.modules) - modules} modules and {memory() - before:.0f} MB more")
    assert len(sys.modules) - modules > 200 and memory() - before > 30
else:
    with torch.no_grad():
        torch._fused_sgd_(
            list(net.parameters()), [p.grad for p in net.parameters()], [torch.zeros_like(p) for p in net.parameters()],
            weight_decay=0.0, momentum=0.9, lr=0.1, dampening=0.0, nesterov=False, maximize=False, is_first_step=False,
        )
    print("after the kernel alone:", loaded())
    assert not loaded()
    assert memory() - before < 30
PY
env/bin/python look.py class
env/bin/python look.py kernel
