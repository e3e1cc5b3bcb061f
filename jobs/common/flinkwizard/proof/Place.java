package flinkwizard.proof;

import java.util.Map;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.metrics.MetricGroup;

/** Where a subtask runs, in the words of Flink's REST interface: host name and TaskManager id. */
final class Place {
    private Place() {}

    /**
     * "host/id". The return type of getMetricGroup() was narrowed in 1.14, so code compiled against an older API
     * would not link there; looked up by name it serves all lines.
     */
    static String of(RuntimeContext context) {
        Map<String, String> variables;
        try {
            Object group = RuntimeContext.class.getMethod("getMetricGroup").invoke(context);
            variables = ((MetricGroup) group).getAllVariables();
        } catch (ReflectiveOperationException unexpected) {
            throw new IllegalStateException("this Flink does not tell a task where it runs", unexpected);
        }
        return variables.get("<host>") + "/" + variables.get("<tm_id>");
    }
}
