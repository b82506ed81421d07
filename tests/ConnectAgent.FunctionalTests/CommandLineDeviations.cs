namespace ConnectAgent.FunctionalTests;

/// <summary>The runs of cli.json that differ here, by their numbers, each with its reason. A run that is as recorded must not stand here.</summary>
internal static class CommandLineDeviations
{
    private const string AsAnswered = "the answer is printed as it came; the reference prints what it has decoded, with the zero values of check definitions";

    public static IReadOnlyDictionary<int, string> All { get; } = new Dictionary<int, string>
    {
        [0] = "the second line says whose agent it is",
        [5] = "the numbers of gossip, consensus and Go's runtime are not there",
        [67] = "a line on standard error says that no xDS is served",
        [85] = "the snapshot holds tables of this product",
        [98] = AsAnswered,
        [100] = AsAnswered,
    };
}
