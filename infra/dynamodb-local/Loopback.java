import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import java.util.Arrays;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Starts DynamoDB Local on 127.0.0.1 only.
 *
 * <p>Its own main class has no option for the address and listens on every interface, which would
 * offer a database without a password to the whole network. The server that it builds is a plain
 * Jetty server in a private field, so the address is set there before the server starts.
 *
 * <p>The file is run as a source file, without a build:
 *
 * <pre>java -cp 'directory/*' Loopback.java -inMemory -disableTelemetry -port 8000</pre>
 */
public final class Loopback {
    private Loopback() {}

    public static void main(String[] args) throws Exception {
        if (!Arrays.asList(args).contains("-port")) {
            throw new IllegalArgumentException("name a port: -port 8000");
        }
        DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(args);
        var field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        for (Connector connector : ((Server) field.get(proxy)).getConnectors()) {
            ((ServerConnector) connector).setHost("127.0.0.1");
        }
        proxy.start();
        proxy.join();
    }
}
