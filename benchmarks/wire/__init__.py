"""Two processes on loopback: what a message costs over each way to carry it, in one run.

The contenders: partywire over insecure gRPC and over mutual TLS, what its transport is made of
(`grpc.aio`, without TLS), sockets with nothing around them, and the message exchanger of MPyC,
which MPC programs use today. Only partywire acknowledges every message, delivers it once after a
broken connection, and bounds what the other end makes it hold; a unary call is acknowledged too.

Each pair of processes does all workloads, and pairs take turns, so that a busy moment of the
machine hits all contenders alike.
"""
