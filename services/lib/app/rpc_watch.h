// What is seen of every RPC in one place: metrics, and the trace that it belongs to. gRPC calls these for each.
#pragma once

#include <grpcpp/support/client_interceptor.h>
#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <vector>

#include "app/work.h"

namespace expertline::app {

// For ServerBuilder: counts calls, opens their spans, and says in the metadata of the answer which one it was
// (traceparent).
std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> watch_server();

// What the call works on whose handler gRPC calls next on this thread. Handlers take it first of all.
WorkPtr take_incoming();

// For channels to peers: counts calls, opens their spans within what the calling thread works on, and sends them along.
std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> watch_peer();

}  // namespace expertline::app
