package io.inmesh.spring;

import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.codec.multipart.Part;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebExchangeDecorator;
import org.springframework.web.server.adapter.DefaultServerWebExchange;
import org.springframework.web.server.i18n.AcceptHeaderLocaleContextResolver;
import reactor.core.publisher.Mono;

/** One whose forms are read from the body as it is now, not as it was when the exchange began. */
final class ShownExchange extends ServerWebExchangeDecorator {
  private final ServerWebExchange forms;

  ShownExchange(ServerWebExchange exchange, ServerCodecConfigurer codecs) {
    super(exchange);
    this.forms =
        new DefaultServerWebExchange(
            exchange.getRequest(),
            exchange.getResponse(),
            asking -> exchange.getSession(),
            codecs,
            new AcceptHeaderLocaleContextResolver());
  }

  @Override
  public Mono<MultiValueMap<String, String>> getFormData() {
    return forms.getFormData();
  }

  @Override
  public Mono<MultiValueMap<String, Part>> getMultipartData() {
    return forms.getMultipartData();
  }

  @Override
  public Mono<Void> cleanupMultipart() {
    return forms.cleanupMultipart();
  }
}
