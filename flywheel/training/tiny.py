"""A tiny causal language model made on the spot: small enough to train on two cores in seconds, real in every part.

Its chat template renders a prompt as a true prefix of prompt and answer: every turn ends in a token of its own. Text that
imitates a role marker is broken up, so a message cannot speak for somebody else.
"""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

PAD, END = "<|pad|>", "<|end|>"
MARKERS = [PAD, END, "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>"]
CALLS = ["<tool_call>", "</tool_call>"]
TEMPLATE = (Path(__file__).parent / "chat_template.jinja").read_text(encoding="utf-8").replace("\n", "")
VOCABULARY, WIDTH, LAYERS, HEADS = 2048, 64, 2, 4


def tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE learnt from the texts, so that nothing is unknown to it."""
    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learnt.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, min_frequency=2, special_tokens=MARKERS, initial_alphabet=alphabet, show_progress=False
    )
    learnt.train_from_iterator(texts, trainer)
    # Not special: the text of an answer keeps its calls when markers are left out.
    learnt.add_tokens([AddedToken(call, special=False, normalized=False) for call in CALLS])
    return PreTrainedTokenizerFast(
        tokenizer_object=learnt,
        pad_token=PAD,
        eos_token=END,
        chat_template=TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def model(words: PreTrainedTokenizerFast, max_length: int) -> LlamaForCausalLM:
    """A Llama of two layers, width 64, with random weights (set the seed before) for texts up to `max_length` tokens."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words),
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            num_key_value_heads=HEADS,
            max_position_embeddings=max_length,
            tie_word_embeddings=True,
            pad_token_id=words.pad_token_id,
            eos_token_id=words.eos_token_id,
            bos_token_id=None,
        )
    )
