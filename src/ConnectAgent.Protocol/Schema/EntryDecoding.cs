namespace ConnectAgent.Protocol.Schema;

/// <summary>The dialect of config entries, as they are written and as they are stored, and of the settings of auth methods (intentions CE-22).</summary>
/// <inheritdoc cref="MapstructureDecoding"/>
public sealed class EntryDecoding(bool isStored = false) : MapstructureDecoding(isStored);
