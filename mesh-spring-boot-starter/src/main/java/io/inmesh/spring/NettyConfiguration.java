package io.inmesh.spring;

import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.netty.http.server.HttpServer;

/**
 * Has Reactor Netty read requests strictly, and serve plaintext, too, on the secured port, where
 * the mesh says so.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnClass({NettyReactiveWebServerFactory.class, HttpServer.class})
class NettyConfiguration {
  @Bean
  WebServerFactoryCustomizer<NettyReactiveWebServerFactory> meshNettyConnections(ContainerTls tls) {
    return factory -> {
      factory.addServerCustomizers(StrictRequests::before);
      if (tls.wanted()) {
        tls.sniffed();
        factory.addServerCustomizers(server -> PlaintextSniffer.before(server, tls));
      }
    };
  }
}
