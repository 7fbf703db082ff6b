#!/usr/bin/env python3
"""How programs end, and what they start: exceptions, interrupts, exits, forks, spawned processes, loaders, two ranks. The
program does what it does without recording, and the trace says which processes it knows."""

import os
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "robust"))
import run

NET = """
import os, sys, torch
from torch import nn
torch.manual_seed(0)
torch.set_num_threads(1)
class Net(nn.Sequential):
    pass
def net():
    return Net(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
"""


class Endings(unittest.TestCase):
    def check(self, text, status, outer=True, complete=True):
        before, recorded = run.both(run.folder(self), NET + text, outer=outer)
        self.assertEqual(before.status, status, before.err)
        self.assertEqual(recorded.status, status, recorded.err)
        self.assertEqual(recorded.out, before.out)
        self.assertEqual(recorded.info()["trace"]["complete"], complete)
        return before, recorded

    def test_an_exception(self):
        text = "net()(torch.ones(4))\ndef f(): raise KeyError('mine')\nf()\n"
        before, recorded = self.check(text, 1)
        self.assertTrue(recorded.err.endswith("KeyError: 'mine'\n"), recorded.err)
        self.assertEqual(recorded.names().count("aten.addmm.default") + recorded.names().count("aten.mm.default"), 2)

    def test_an_exception_in_a_region(self):
        text = "import opjoule\nwith opjoule.trace():\n    net()(torch.ones(4))\n    1 / 0\n"
        before, recorded = self.check(text, 1, outer=False)
        self.assertEqual(recorded.err.splitlines()[-1], before.err.splitlines()[-1])

    def test_an_exception_in_forward(self):
        text = """
model = net()
def stop(m, a): raise KeyboardInterrupt
handle = model[1].register_forward_pre_hook(stop)
try:
    model(torch.ones(4))
except KeyboardInterrupt:
    print("interrupted")
handle.remove()
model(torch.ones(4))
print(torch.ones(2) * 3)
"""
        _, recorded = self.check(text, 0)
        ops = [e for e in recorded.ops() if e["k"] == "op"]
        outside = [e for e in ops if e["op"] == "aten.mul.Tensor"]
        self.assertEqual([e["parents"] for e in outside], [["Global"]] * len(outside))
        second = [e["parents"] for e in ops if e["op"] == "aten.relu.default"]
        self.assertEqual(second, [["Global", "Net", "Net.1"]])

    def test_exit(self):
        self.check("net()(torch.ones(4))\nprint('leaving')\nsys.exit(3)\n", 3)
        self.check("net()(torch.ones(4))\nsys.exit('a message')\n", 1)

    def test_exit_at_once(self):
        _, recorded = self.check("net()(torch.ones(4))\nos._exit(4)\n", 4, complete=False)
        self.assertIn("did not end", recorded.info()["trace"]["why"])
        self.assertGreater(len(recorded.names()), 2)

    def test_an_interrupt(self):
        folder = run.folder(self)
        text = NET + "import time\nnet()(torch.ones(4))\ntry:\n    print('ready', flush=True)\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    net()(torch.ones(4))\n    print('saved')\n"
        path = os.path.join(folder, "i.opj")
        command = [run.OPJOULE, "record", "-q", "-o", path, "--", sys.executable, "-m", "opjoule", run.script(folder, text)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            self.assertEqual(process.stdout.readline(), "ready\n")
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.stdout.read(), "saved\n")
        self.assertEqual(process.returncode, 0)
        self.assertIn('"complete": true', run.opjoule("info", "--json", path).replace('":true', '": true'))

    def test_arguments_and_modules(self):
        folder = run.folder(self)
        run.script(folder, NET + "print(sys.argv[1:], __name__, os.path.basename(sys.argv[0]))\nnet()(torch.ones(4))\n", "prog.py")
        recorded = run.Recorded(
            folder, [sys.executable, "-m", "opjoule", os.path.join(folder, "prog.py"), "--lr", "-m", "x"], {}
        )
        self.assertEqual(recorded.out, "['--lr', '-m', 'x'] __main__ prog.py\n", recorded.err)
        recorded = run.plain(["sh", "-c", f"cd {folder} && exec {sys.executable} -m opjoule -m prog --lr"])
        self.assertEqual(recorded.out, "['--lr'] __main__ prog.py\n", recorded.err)


class NotSeen(unittest.TestCase):
    def test_what_was_compiled_before_is_named(self):
        text = """
import opjoule
f = torch.compile(lambda x: x * 2 + 1, backend="eager")
f(torch.ones(2))
with opjoule.trace():
    print(f(torch.ones(2)))
"""
        before, recorded = run.both(run.folder(self), NET + text, outer=False)
        self.assertEqual((recorded.status, recorded.out), (0, before.out), recorded.err)
        self.assertIn("opjoule.not_seen.torch.compile", recorded.names())
        self.assertIn("torch.compile", recorded.err)


class Failures(unittest.TestCase):
    def test_a_failure_of_ours_is_told_once_and_counted(self):
        text = """
import opjoule, opjoule._neurons, opjoule._modules
def broken(*a):
    raise ValueError("injected")
opjoule._modules.core_define = None
model = net()
x = torch.ones(5, 4)
with opjoule.trace(model, neurons=["ReLU"]):
    opjoule._neurons.Call.after = broken
    for _ in range(3):
        y = model(x)
        y.sum().backward()
print(y.tolist(), [p.grad.tolist() for p in model.parameters()])
"""
        folder = run.folder(self)
        before, recorded = run.both(folder, NET + text, outer=False)
        self.assertEqual(recorded.status, 0, recorded.err)
        self.assertEqual(recorded.out, before.out)
        told = [line for line in recorded.err.splitlines() if line.startswith("opjoule")]
        self.assertEqual(len(told), 1, recorded.err)
        self.assertIn("injected", told[0])
        self.assertNotIn("aten.relu.default", recorded.names())
        self.assertIn("aten.addmm.default", recorded.names())

    def test_every_entry_may_fail(self):
        for entry in ("define", "enter", "exit", "call", "role", "optimizer", "doubt"):
            with self.subTest(entry):
                text = f"""
import opjoule, opjoule._modules, opjoule._opjoule as core
class Broken:
    def __getattr__(self, name):
        if name == "{entry}":
            raise RuntimeError("injected")
        return getattr(core, name)
if core.enabled():
    import opjoule._optimizers
    opjoule._modules.core = opjoule._optimizers.core = Broken()
model = net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.ones(5, 4, requires_grad=True)
with opjoule.trace():
    for _ in range(2):
        y = model(x)
        y.sum().backward()
        optimizer.step()
print(y.tolist(), [p.tolist() for p in model.parameters()], x.grad.tolist())
"""
                before, recorded = run.both(run.folder(self), NET + text, outer=False)
                self.assertEqual(recorded.status, 0, recorded.err)
                self.assertEqual(recorded.out, before.out)
                told = [line for line in recorded.err.splitlines() if line.startswith("opjoule")]
                self.assertEqual(len(told), 1, recorded.err)


class Processes(unittest.TestCase):
    def recorded(self, text, status=0):
        before, recorded = run.both(run.folder(self), NET + text)
        self.assertEqual(before.status, status, before.err)
        self.assertEqual(recorded.status, status, recorded.err)
        self.assertEqual(sorted(recorded.out.splitlines()), sorted(before.out.splitlines()))
        return recorded

    def process(self, recorded, number):
        import json

        return json.loads(run.opjoule("info", "--json", "--process", str(number), recorded.path))

    def test_forked_children_that_run_modules_are_processes_of_their_own(self):
        recorded = self.recorded("""
import multiprocessing as mp
def work(rank):
    model = net()
    for _ in range(rank + 1):
        os.write(1, f"{rank} {model(torch.ones(1, 4)).sum().item()}\\n".encode())
if __name__ == "__main__":
    print(net()(torch.ones(1, 4)).sum().item(), flush=True)
    context = mp.get_context("fork")
    children = [context.Process(target=work, args=(rank,)) for rank in range(2)]
    for child in children: child.start()
    for child in children: child.join()
    print([child.exitcode for child in children])
""")
        calls = sorted(self.process(recorded, n)["trace"]["calls"] for n in (1, 2, 3))
        self.assertEqual(calls, [4, 4, 8])
        self.assertEqual(self.process(recorded, 1)["trace"]["unseen_forks"], 0)

    def test_forked_children_that_run_none_are_counted(self):
        recorded = self.recorded("""
model = net()
print(model(torch.ones(1, 4)).sum().item(), flush=True)
for i in range(3):
    child = os.fork()
    if child == 0:
        torch.ones(3) + 1
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(model(torch.ones(1, 4)).sum().item())
""")
        self.assertEqual(recorded.info()["trace"]["unseen_forks"], 3)
        self.assertTrue(recorded.info()["trace"]["complete"])
        self.assertIn("3 forked processes", run.opjoule("info", recorded.path))

    def test_loaders(self):
        for method in ("fork", "spawn"):
            with self.subTest(method):
                recorded = self.recorded(f"""
from torch.utils.data import DataLoader, TensorDataset
if __name__ == "__main__":
    model = net()
    data = TensorDataset(torch.arange(32.0).reshape(8, 4))
    for epoch in range(2):
        for (x,) in DataLoader(data, batch_size=4, num_workers=2, multiprocessing_context="{method}"):
            print(model(x).sum().item())
""")
                self.assertEqual(recorded.info()["trace"]["calls"], 16)
                self.assertEqual(recorded.info()["trace"]["unseen_forks"], 4 if method == "fork" else 0)

    def test_two_ranks(self):
        recorded = self.recorded("""
import torch.distributed as dist, torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel
import opjoule
def rank(rank, port):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), USE_LIBUV="0")
    dist.init_process_group("gloo", rank=rank, world_size=2)
    model = DistributedDataParallel(net())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with opjoule.trace(model):
        for _ in range(2):
            loss = model(torch.full((3, 4), rank + 1.0)).sum()
            loss.backward()
            optimizer.step()
    os.write(1, f"{rank} {loss.item()} {[p.tolist() for p in model.parameters()]}\\n".encode())  # two ranks share a pipe
    dist.destroy_process_group()
if __name__ == "__main__":
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    mp.spawn(rank, args=(port,), nprocs=2)
""")
        for n in (1, 2):
            info = self.process(recorded, n)
            self.assertTrue(info["trace"]["complete"])
            self.assertEqual(info["trace"]["optimizer_steps"], 2)
            self.assertEqual(info["trace"]["model"], "DistributedDataParallel")

    def test_programs_that_are_started(self):
        recorded = self.recorded("""
import subprocess
print(net()(torch.ones(1, 4)).sum().item(), flush=True)
subprocess.run(["true"], check=True)
subprocess.run([sys.executable, "-c", "print(1)"], check=True, preexec_fn=lambda: None)
""")
        self.assertTrue(recorded.info()["trace"]["complete"])


if __name__ == "__main__":
    unittest.main()
