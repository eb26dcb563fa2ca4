package io.inmesh.spring;

import io.inmesh.identity.RotatingTls;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.apache.catalina.Globals;
import org.apache.catalina.Valve;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.apache.tomcat.util.net.SSLUtil;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.tomcat.TomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Secures Tomcat with the mesh's identity, and has it serve plaintext where the mesh says so. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@ConditionalOnClass({TomcatWebServerFactory.class, Connector.class})
class TomcatTlsConfiguration {
  @Bean
  WebServerFactoryCustomizer<TomcatWebServerFactory> meshTomcatTls(ContainerTls tls) {
    return factory -> {
      if (!tls.wanted()) {
        return;
      }
      if (factory.getProtocol().equals(TomcatWebServerFactory.DEFAULT_PROTOCOL)
          && SniffingProtocol.fits()) {
        factory.setProtocol(SniffingProtocol.class.getName());
      }
      List<Valve> valves = new ArrayList<>(factory.getEngineValves());
      valves.add(0, new Plaintext()); // before those that believe a proxy in front
      factory.setEngineValves(valves);
      factory.addConnectorCustomizers(connector -> secure(connector, tls));
    };
  }

  /** Tomcat takes every connection of a secured port for a secure one. */
  private static final class Plaintext extends ValveBase {
    private static final int HTTP = 80;
    private static final int HTTPS = 443;

    Plaintext() {
      super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
      if (request.isSecure() && request.getAttribute(Globals.CIPHER_SUITE_ATTR) == null) {
        request.getCoyoteRequest().scheme().setString("http");
        request.setSecure(false);
        if (request.getServerPort() == HTTPS) {
          request.getCoyoteRequest().setServerPort(HTTP); // which callers leave out
        }
      }
      getNext().invoke(request, response);
    }
  }

  private static void secure(Connector connector, ContainerTls container) {
    if (connector.getProtocolHandler() instanceof SniffingProtocol protocol) {
      protocol.plaintext(container::plaintext);
      container.sniffed();
    }
    RotatingTls tls = container.managers();
    SSLContext context;
    try {
      context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {tls.keys()}, new TrustManager[] {tls.trust()}, null);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the container cannot be secured", e);
    }
    SSLHostConfig host = new SSLHostConfig();
    host.setProtocols("TLSv1.2+TLSv1.3");
    host.setCertificateVerification("optional");
    SSLHostConfigCertificate certificate =
        new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.UNDEFINED);
    certificate.setSslContext(SSLUtil.createSSLContext(context, tls.keys(), tls.trust()));
    host.addCertificate(certificate);
    connector.addSslHostConfig(host);
    connector.setScheme("https");
    connector.setSecure(true);
    if (connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> protocol) {
      protocol.setSSLEnabled(true);
    }
  }
}
