"""Every service lists by reflection what it serves, health among it, knows the descriptor of each, and is healthy.

Usage: reflection.py DESCRIPTOR_SET (with health.proto and reflection.proto). Run below with_system.
"""

import os
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ALWAYS = {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
SERVED = {
    "EXPERTLINE_PRESENCE": {"expertline.v1.PresenceService", "expertline.v1.ExpertService"},
    "EXPERTLINE_STRATEGY": {"expertline.v1.StrategyService"},
    "EXPERTLINE_SESSION": {"expertline.v1.SessionService", "expertline.v1.DeskService"},
}


def messages(descriptor_set):
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(open(descriptor_set, "rb").read()).file:
        pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return lambda name: factory.GetPrototype(pool.FindMessageTypeByName(name))


def main(descriptor_set):
    message = messages(descriptor_set)
    Request = message("grpc.reflection.v1alpha.ServerReflectionRequest")
    Response = message("grpc.reflection.v1alpha.ServerReflectionResponse")
    HealthRequest = message("grpc.health.v1.HealthCheckRequest")
    HealthResponse = message("grpc.health.v1.HealthCheckResponse")

    for variable, expected in SERVED.items():
        with grpc.insecure_channel(os.environ[variable]) as channel:
            reflect = channel.stream_stream(
                "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                request_serializer=Request.SerializeToString,
                response_deserializer=Response.FromString,
            )
            (listed,) = reflect(iter([Request(list_services="*")]), timeout=30)
            services = {service.name for service in listed.list_services_response.service}
            assert expected | ALWAYS <= services, f"{variable} serves only {services}"
            for service in services:
                (answer,) = reflect(iter([Request(file_containing_symbol=service)]), timeout=30)
                assert answer.file_descriptor_response.file_descriptor_proto, f"no descriptor of {service}"
            check = channel.unary_unary(
                "/grpc.health.v1.Health/Check",
                request_serializer=HealthRequest.SerializeToString,
                response_deserializer=HealthResponse.FromString,
            )
            assert check(HealthRequest(), timeout=30).status == 1, f"{variable} is not SERVING"
            print("ok  ", variable, sorted(services))


if __name__ == "__main__":
    main(sys.argv[1])
