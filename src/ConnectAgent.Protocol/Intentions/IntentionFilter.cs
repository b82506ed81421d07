using ConnectAgent.Protocol.Filtering;

namespace ConnectAgent.Protocol.Intentions;

/// <summary>The selectors of an intention (intentions LST-2). There are no partitions and sameness groups: they are empty.</summary>
public static class IntentionFilter
{
    public static FilterSchema<Intention> Schema { get; } = new FilterSchema<Intention>()
        .Text("ID", intention => intention.Id)
        .Text("Description", intention => intention.Description)
        .Text("SourceNS", intention => intention.SourceNamespace)
        .Text("SourceName", intention => intention.SourceName)
        .Text("DestinationNS", intention => intention.DestinationNamespace)
        .Text("DestinationName", intention => intention.DestinationName)
        .Text("SourceType", intention => intention.SourceType)
        .Text("Action", intention => intention.Action)
        .TextMap("Meta", intention => intention.Meta)
        .Number("Precedence", intention => intention.Precedence)
        .Text("SourcePartition", static _ => null)
        .Text("DestinationPartition", static _ => null)
        .Text("SourcePeer", intention => intention.SourcePeer)
        .Text("SourceSamenessGroup", static _ => null);
}
