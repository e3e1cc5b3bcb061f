package flinkwizard.proof;

import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Entry for Flink 2.0 and later. A failure leaves main as an exception, never as an exit of the JVM. */
public final class ExchangeProof {
    private ExchangeProof() {}

    public static void main(String[] arguments) throws Exception {
        Workload workload = Workload.fromArguments(arguments);
        Configuration once = new Configuration();
        once.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(once);
        environment.setMaxParallelism(workload.maxParallelism);
        Exchange.wire(environment.fromData(workload.senders(), Types.INT), workload);
        Map<String, Object> reported;
        try {
            reported = environment.execute(workload.jobName()).getAllAccumulatorResults();
        } catch (Exception failure) {
            throw Exchange.brokenOff(workload, failure);
        }
        System.out.println(Exchange.judge(workload, reported));
    }
}
