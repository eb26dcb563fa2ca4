package io.inmesh.xds;

import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;

/**
 * One ADS stream. The control server may send its next response when the one before was dealt with:
 * no more than one is ever held.
 */
final class AdsStream {
  /** What happens on a stream; called on gRPC's threads, one after another. */
  interface Events {
    /** Requests are on their way. */
    void ready(AdsStream stream);

    /** A response. The next one comes after {@link AdsStream#next}. */
    void received(AdsStream stream, DiscoveryResponse response);

    /** The end. */
    void closed(AdsStream stream, Status status);
  }

  private final ClientCall<DiscoveryRequest, DiscoveryResponse> call;

  /** Whether there is a connection under it. Confined to the control loop. */
  boolean ready;

  /** Whether the control server has answered on it. Confined to the control loop. */
  boolean answered;

  /** Opens a stream as soon as there is a connection. */
  AdsStream(Channel channel, Events events) {
    call =
        channel.newCall(
            AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod(),
            CallOptions.DEFAULT.withWaitForReady());
    call.start(
        new ClientCall.Listener<DiscoveryResponse>() {
          @Override
          public void onReady() {
            events.ready(AdsStream.this);
          }

          @Override
          public void onMessage(DiscoveryResponse response) {
            events.received(AdsStream.this, response);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            events.closed(AdsStream.this, status);
          }
        },
        new Metadata());
    call.request(1);
  }

  void send(DiscoveryRequest request) {
    call.sendMessage(request);
  }

  /** Lets the next response come. */
  void next() {
    call.request(1);
  }

  void cancel() {
    call.cancel("not needed any more", null);
  }
}
