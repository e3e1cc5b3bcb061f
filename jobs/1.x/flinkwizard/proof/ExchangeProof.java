package flinkwizard.proof;

import java.util.Map;
import org.apache.flink.api.common.restartstrategy.RestartStrategies;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Entry for Flink 1.9 to 1.20. A failure leaves main as an exception, never as an exit of the JVM. */
public final class ExchangeProof {
    private ExchangeProof() {}

    public static void main(String[] arguments) throws Exception {
        Workload workload = Workload.fromArguments(arguments);
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        environment.setRestartStrategy(RestartStrategies.noRestart());
        environment.setMaxParallelism(workload.maxParallelism);
        Exchange.wire(environment.fromCollection(workload.senders(), Types.INT), workload);
        Map<String, Object> reported;
        try {
            reported = environment.execute(workload.jobName()).getAllAccumulatorResults();
        } catch (Exception failure) {
            throw Exchange.brokenOff(workload, failure);
        }
        System.out.println(Exchange.judge(workload, reported));
    }
}
