import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** A job that never ends and needs next to nothing: somebody's work, for whoever wants to stop a daemon. */
public class Endless {
    public static void main(String[] arguments) throws Exception {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        environment.setParallelism(1);
        environment
                .fromSequence(0, Long.MAX_VALUE)
                .map(
                        number -> {
                            Thread.sleep(200);
                            return number;
                        })
                .returns(Types.LONG)
                .sinkTo(new DiscardingSink<>());
        environment.execute(arguments[0]);
    }
}
